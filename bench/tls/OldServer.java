import java.io.ByteArrayInputStream;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.Security;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

/** Speaks every protocol and suite that this Java still has. Arguments: key and certificate as PEM files. */
public class OldServer {
  public static void main(String[] files) throws Exception {
    Security.setProperty("jdk.tls.disabledAlgorithms", "");
    Security.setProperty("jdk.tls.legacyAlgorithms", "");
    Security.setProperty("jdk.certpath.disabledAlgorithms", "");
    String pem = Files.readString(Path.of(files[0])).replaceAll("-----[A-Z ]+-----|\\s", "");
    var key = KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem)));
    Certificate certificate = CertificateFactory.getInstance("X.509")
        .generateCertificate(new ByteArrayInputStream(Files.readAllBytes(Path.of(files[1]))));
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setKeyEntry("bench", key, new char[0], new Certificate[] {certificate});
    KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(store, new char[0]);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    SSLServerSocket server = (SSLServerSocket) context.getServerSocketFactory()
        .createServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
    server.setEnabledProtocols(server.getSupportedProtocols());
    server.setEnabledCipherSuites(server.getSupportedCipherSuites());
    System.out.println(server.getLocalPort());
    while (true) {
      SSLSocket client = (SSLSocket) server.accept();
      Thread answer = new Thread(() -> {
        try (client) {
          client.setSoTimeout(5000);
          client.getInputStream().read();
        } catch (Exception ended) {
          // A prober hangs up in mid-handshake; that is what it is for.
        }
      });
      answer.setDaemon(true);
      answer.start();
    }
  }
}
